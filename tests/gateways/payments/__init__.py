"""What the service may rely on, whoever takes the money."""
