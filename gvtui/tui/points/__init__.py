"""What is traced, chosen on the screen."""
