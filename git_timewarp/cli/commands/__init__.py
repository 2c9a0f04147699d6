"""One file for each verb or noun; a command parses nothing and asks the app one question."""
