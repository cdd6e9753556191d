"""Where does a request come from? As hashes, which tell one caller from another and nothing else."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address

from flask import request

from queue_service.web.office import office


def address_hash() -> str:
    """Of the address, or of the network that one household has of the newer kind."""
    address = ip_address(request.remote_addr or "0.0.0.0")
    return hashed(str(address) if not isinstance(address, IPv6Address) else str(address.exploded)[:19])


def hashed(text: str) -> str:
    return hmac.new(office().database.secret, text.encode(), hashlib.sha256).hexdigest()
