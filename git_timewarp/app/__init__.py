"""The composition root and public Python API: one opened repository, every verb a method.

`opened` is the repository with what every verb needs (settings, operations, history), and
`repository` the verbs of every day. Verbs asked for rarely stand in a module of their own, one
class a module, which `repository` imports when the first of them is asked for. No logic: a method
opens what it needs, calls one function of an engine, and returns its frozen result. Layer: below
the frontends, which talk to this and nothing below.
"""
