"""Pictures in, pictures out: ONNX Runtime lives here and nowhere else. Knows core, never Qt."""
