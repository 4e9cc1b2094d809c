"""The rules of training and certificates, without any I/O."""
