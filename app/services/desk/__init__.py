"""What a user sees first and works through: queue, matters, figures, cabinet, calendar and lists."""
