"""perijove: small executables for planetary images."""

__version__ = "0.4.0"
