"""What is reported: registries to the ministry, the user's own ones, batches for ФИС ФРДО."""
