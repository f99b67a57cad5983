"""Makes the pictures of this folder and the hashes of the decoded volumes.

    python3 make_pictures.py        needs numpy, Pillow, cjpeg and djpeg; made with
                                    libjpeg-turbo 2.1.5 and Pillow 9.4.0

pictures.json names each picture, its size upright, the size that it is stretched to, if
any, and the SHA-256 of the volume: 3×H×W float32, little-endian, with BACKGROUND under
transparent pixels and (v − MEAN) / STD, each step rounded to float32. The JPEG has flat
squares. Any correct inverse DCT makes the same planes of them, so that its hash does not
depend on the decoder's version.
"""

import hashlib
import json
import os
import subprocess

import numpy as np
from PIL import Image

BACKGROUND = [200, 100, 50]
MEAN = np.float32([0.485, 0.456, 0.406])
STD = np.float32([0.229, 0.224, 0.225])

os.chdir(os.path.dirname(os.path.abspath(__file__)))
random = np.random.default_rng(1)
pictures = []


def note(file, rgb, top, alpha=None, stretch=None):
    """rgb is H×W×3 of 0 to top, alpha H×W of 0 to 255."""
    v = rgb.astype(np.float32) / np.float32(top)
    if alpha is not None:
        a = (alpha.astype(np.float32) / np.float32(255))[..., None]
        v = v * a + np.float32(BACKGROUND) / np.float32(255) * (np.float32(1) - a)
    v = ((v - MEAN) / STD).transpose(2, 0, 1)
    assert v.dtype == np.float32
    entry = {"file": file, "shape": {"c": 3, "h": v.shape[1], "w": v.shape[2]}, "sha256": hashlib.sha256(v.astype("<f4").tobytes()).hexdigest()}
    if stretch:
        entry["stretch"] = stretch
    pictures.append(entry)


def gray(samples):
    return samples[..., None].repeat(3, axis=-1)


def squares(w, h, size):
    rgb = random.integers(0, 256, (h // size + 1, w // size + 1, 3))
    return rgb.repeat(size, axis=0).repeat(size, axis=1)[:h, :w].astype(np.uint8)


y, x = np.mgrid[0:19, 0:23]
waves = np.stack([127 + 120 * np.sin(x / 3) * np.cos(y / 4), 11 * x, (x * x + y * y) % 256], axis=-1).astype(np.uint8)

Image.fromarray(waves).save("rgb.png", optimize=True)
note("rgb.png", waves, 255)
note("rgb.png", np.asarray(Image.fromarray(waves).resize((13, 31), Image.LANCZOS)), 255, stretch=[13, 31])

alpha = (y * 13 + x) % 256
alpha[0, :2] = 0, 255
Image.fromarray(np.dstack([waves, alpha.astype(np.uint8)])).save("rgba.png", optimize=True)
note("rgba.png", waves, 255, alpha)

deep = (x * 2851 + y * 97).astype(np.uint16)
Image.fromarray(deep).save("gray16.png", optimize=True)
note("gray16.png", gray(deep), 65535)

bits = (x ^ y) % 3 == 0
Image.fromarray(bits).save("bits.png", optimize=True)
note("bits.png", gray(bits * 255), 255)

palette, opacity = random.integers(0, 256, (16, 3)), random.integers(0, 256, 16)
index = (x + 3 * y) % 16
indexed = Image.fromarray(index.astype(np.uint8), "P")
indexed.putpalette(palette.astype(np.uint8).tobytes())
indexed.save("palette.png", optimize=True, bits=4, transparency=opacity.astype(np.uint8).tobytes())
note("palette.png", palette[index], 255, opacity[index])

# EXIF orientation 6: turned a quarter to the right for display.
Image.fromarray(squares(53, 39, 16)).save("squares.ppm")
data = subprocess.run(["cjpeg", "-quality", "100", "-sample", "2x2", "squares.ppm"], stdout=subprocess.PIPE, check=True).stdout
planes = subprocess.run(["djpeg", "-ppm"], input=data, stdout=subprocess.PIPE, check=True).stdout
os.remove("squares.ppm")
tiff = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + b"\0\0\0\0"
exif = b"\xff\xe1" + (8 + len(tiff)).to_bytes(2, "big") + b"Exif\0\0" + tiff
with open("squares.jpg", "wb") as f:
    f.write(data[:2] + exif + data[2:])
note("squares.jpg", np.rot90(np.frombuffer(planes[-53 * 39 * 3:], np.uint8).reshape(39, 53, 3), -1), 255)

with open("pictures.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(p) for p in pictures) + "\n]\n")
