"""Full-size trials: `make trials` alone runs them."""
