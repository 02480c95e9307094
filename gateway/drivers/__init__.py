"""The ports, for real: SQL journal, attachment folder, RabbitMQ, in-process queue."""
