"""How does an address get from a screen to a phone? As a QR code that every camera reads."""

import io

import qrcode
import qrcode.image.svg
from flask import Response


def qr_picture(address: str) -> Response:
    """An SVG with the quiet zone of four modules, cached by the browser that asked."""
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, image_factory=qrcode.image.svg.SvgPathImage
    )
    code.add_data(address)
    picture = io.BytesIO()
    code.make_image().save(picture)
    return Response(picture.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})
