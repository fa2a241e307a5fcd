"""One run, from its settings to its folder: training, scores, record, TensorBoard, report; and finished runs."""
