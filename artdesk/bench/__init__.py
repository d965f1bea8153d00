"""Speed as ratios measured side by side in one run. Each room adds one module with a measure function."""
