"""What happens beside ``train_step``: one small callback per concern."""
