"""perijove: small executables for planetary images."""
