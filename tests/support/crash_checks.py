"""What has to hold after a command was stopped, whatever step it was at."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.support.crash import Lab, Photo, Ran, State, run

TORN = {"torn-write"}
"""What `verify` may say before the next command: it only looks."""


@dataclass
class Findings:
    """What was wrong after one experiment."""

    where: str
    wrong: list[str] = field(default_factory=list)

    def need(self, is_right: object, said: object) -> bool:
        """Note `said` unless `is_right`."""
        if not is_right:
            self.wrong.append(f"{self.where}: {said}")
        return bool(is_right)


def experiment(lab: Lab, photo: Photo, *, stop: int, kind: str = "kill") -> tuple[Ran, list[str]]:
    """Stop a scenario's command at one step and check everything; return what was wrong."""
    lab.put_back("start")
    ran = run(lab, photo.scenario, stop=stop, kind=kind)
    at = ran.points[stop - 1] if stop <= len(ran.points) else "the end"
    found = Findings(f"{photo.scenario.name} {kind} at {stop} ({at})")
    lab.wait_for_children()
    if kind == "power":
        lab.cut_power(stop)
    stopped_well(found, ran, kind=kind)
    if photo.scenario.again:
        done = lab.run(*photo.scenario.argv)
        found.need(done.code == 0, f"again: {done.code} {done.out} {done.err}")
    else:
        before_recovery(found, lab)
    recovery(found, lab)
    if recorded(lab):
        whole(found, lab)
    after = State.of(lab.repo)
    old_or_new(found, photo, after)
    if recorded(lab) and not photo.scenario.ends:
        acknowledged(found, lab, photo, ran)
        if after != photo.old and photo.scenario.back:
            brought_back(found, lab, photo)
    # git does not sync reflogs: what only the last line of one named dangles after a power cut,
    # as does what refs named that were lost before.
    said = lab.git_says(dangling=kind != "power" and not photo.scenario.again)
    found.need(not said, f"git: {said}")
    if photo.scenario.begins:
        lab.ok("init")
    if recorded(lab):
        next_one = lab.run("snapshot")
        found.need(next_one.code == 0 and not next_one.err, f"snapshot: {next_one.err}")
        whole(found, lab)
    found.need(not lab.litter(), f"left behind: {lab.litter()}")
    return ran, found.wrong


def stopped_well(found: Findings, ran: Ran, *, kind: str) -> None:
    """The command ended as it had to: killed, or with one error and one hint."""
    if kind in {"kill", "power"} or ran.code == 0:
        found.need(ran.code in {-9, 0}, f"ended with {ran.code}: {ran.err}")
        return
    lines = ran.err.splitlines()
    errors = [line for line in lines if line.startswith(("error:", '{"v":1,"error":'))]
    hints = [line for line in lines if line.startswith("hint:") or ',"hint":"' in line]
    wanted = 130 if kind == "sigint" else 1
    found.need(ran.code == wanted, f"ended with {ran.code}: {ran.err}")
    if kind != "sigint":
        found.need(len(errors) == 1 and len(hints) == 1, f"said {ran.err!r}")


def recorded(lab: Lab) -> bool:
    """Tell whether recording is on."""
    return (lab.repo.path / ".git/timewarp/writer.json").exists()


def before_recovery(found: Findings, lab: Lab) -> None:
    """Before the next command, `verify` may see a torn write and nothing worse."""
    if not recorded(lab):
        return
    done = lab.run("verify", "--full", "--json")
    kinds = {str(item["kind"]) for item in json.loads(done.out)["problems"]} if done.out else {"?"}
    found.need(kinds <= TORN, f"verify before recovery: {done.code} {done.out} {done.err}")


def recovery(found: Findings, lab: Lab) -> None:
    """The next command finishes or rolls back by itself, says so, and only once."""
    first = lab.run("status", "--json")
    if not found.need(first.code == 0 and not first.err, f"status: {first.code} {first.err}"):
        return
    problems = first.json["problems"]
    assert isinstance(problems, list)
    bad = [item for item in problems if item["kind"] != "recovered"]
    found.need(not bad, f"status says {bad}")
    second = lab.run("status", "--json")
    if second.code == 0:
        found.need(second.json["problems"] == [], f"status again says {second.json['problems']}")


def whole(found: Findings, lab: Lab) -> None:
    """`verify --full` finds nothing."""
    done = lab.run("verify", "--full", "--json")
    found.need(done.code == 0, f"verify: {done.code} {done.out} {done.err}")


def old_or_new(found: Findings, photo: Photo, after: State) -> None:
    """The user has what he had, or what the command makes of it, never a third."""
    if after in (photo.old, photo.new):
        return
    for name, state in (("old", photo.old), ("new", photo.new)):
        files = [
            path
            for path in sorted(after.files.keys() | state.files.keys())
            if after.files.get(path) != state.files.get(path)
        ]
        index = set(after.index.split(b"\0")) ^ set(state.index.split(b"\0"))
        refs = set(after.refs.splitlines()) ^ set(state.refs.splitlines())
        found.need(False, f"not {name}: files {files} index {sorted(index)} refs {sorted(refs)}")


def acknowledged(found: Findings, lab: Lab, photo: Photo, ran: Ran) -> None:
    """Every event recorded before is there, and those the command answered."""
    now = lab.event_ids()
    found.need(now >= photo.events, f"events lost: {photo.events - now}")
    for line in ran.out.splitlines():
        if line.startswith('{"v":1,"event":'):
            found.need(json.loads(line).get("id") in now, f"answered and lost: {line}")


def brought_back(found: Findings, lab: Lab, photo: Photo) -> None:
    """What was in the work tree before comes back by a command of ours."""
    before = lab.last_before()
    if not found.need(before is not None, "no safety snapshot"):
        return
    words = [word.replace("{before}", str(before)) for word in photo.scenario.back]
    done = lab.run(*words)
    found.need(done.code == 0, f"{words}: {done.code} {done.err}")
    now = State.of(lab.repo)
    found.need(now.files == photo.old.files, "files do not come back")
    found.need(now.index == photo.old.index, "the index does not come back")
