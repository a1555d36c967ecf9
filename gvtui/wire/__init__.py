"""What travels on the socket between a sandbox and its monitor: header, handshake, messages.

Pure functions over bytes. No module here opens a socket or a file.
"""
