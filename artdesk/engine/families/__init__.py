"""One file per kind of network. Each knows its own tensors; none knows another."""
