"""What would be sent and its effect on the books, with no writing call."""
