"""Orders of a group, and the facts that its papers print."""
