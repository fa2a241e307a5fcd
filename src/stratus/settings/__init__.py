"""What a configuration may say: dataclasses that check their own values. Nothing here imports torch."""
