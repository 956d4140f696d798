"""What happens to bookings: made, moved, cancelled, decided on, attended and handed over."""
