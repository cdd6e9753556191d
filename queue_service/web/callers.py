"""Where does a request come from? As hashes, which tell one caller from another and nothing else."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address

from flask import request

from queue_service.web.office import office


def address_hash() -> str:
    return hashed(network_of(request.remote_addr or "0.0.0.0"))


def network_of(address: str) -> str:
    """The address, or the network that one household has of the newer kind; what is no address stands for itself."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or known.exploded[:19])
    return str(known)


def hashed(text: str) -> str:
    return hmac.new(office().database.secret, text.encode(), hashlib.sha256).hexdigest()
