"""perijove: small executables for planetary images."""

__version__ = "0.2.0"
