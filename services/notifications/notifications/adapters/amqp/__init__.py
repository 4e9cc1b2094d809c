"""What other systems receive by AMQP: their queues and users at the broker, and what is published to them."""
