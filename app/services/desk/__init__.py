"""What a user sees first and works through: queue, matters, figures, cabinet, own calendar and lists."""
