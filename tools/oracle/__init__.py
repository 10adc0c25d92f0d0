"""Records what transformers computes, so that Rust can be held against it.

See README.md for the layout of a fixture and the rules that it keeps.
"""
