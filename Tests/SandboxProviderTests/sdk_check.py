# Placeholder: the official SDK against the sandbox.
