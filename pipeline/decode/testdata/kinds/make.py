"""Makes the WebP, TIFF, BMP and GIF files of this folder and the digests of their pixels.

    python3 testdata/kinds/make.py      in pipeline/decode; needs Pillow, numpy, cwebp and dwebp

digests.txt has a line for each file: name, width, height, bits, and the SHA-256 of its
pixels, upright or not as they are stored. A pixel is R, G, B and alpha, of 8 bits or of 16
with the higher byte first. Where alpha is 0 all four are 0. Lossy WebP is decoded by
dwebp without dithering, TIFF of 16 bits has the values that were written, and all else is
decoded by Pillow. Made with Pillow 13.0.0 and libwebp 1.2.4.
"""
import glob
import hashlib
import os
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))
for old in glob.glob("*.*"):
    if not old.endswith(".py"):
        os.remove(old)
lines = []


def scene(w, h):
    """Smooth colour, a hard edge and fine stripes, so that chroma matters."""
    y, x = np.mgrid[0:h, 0:w].astype(float)
    rgb = np.stack([
        127 + 120 * np.sin(x / 5) * np.cos(y / 7),
        255 * ((x / w + y / h) % 1),
        127 + 120 * np.cos((x * x + y * y) / 150),
    ], axis=-1)
    rgb[h // 3:h // 2, w // 4:w // 2] = [250, 10, 30]
    rgb[h // 2:, w // 2:][::2] = [20, 200, 240]
    return Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8), "RGB")


def alpha(w, h):
    y, x = np.mgrid[0:h, 0:w]
    a = np.clip((x * 9 + y * 5) % 300 - 20, 0, 255).astype(np.uint8)
    return Image.fromarray(a, "L")


def clear(w, h):
    picture = scene(w, h)
    picture.putalpha(alpha(w, h))
    return picture


def noise(*shape, bits=8):
    return np.random.default_rng(1).integers(0, 1 << bits, shape).astype(np.uint16 if bits == 16 else np.uint8)


def record(name, pixels):
    """pixels: height × width × 4, of 8 or 16 bits."""
    pixels = pixels.copy()
    pixels[pixels[..., 3] == 0] = 0
    bits = pixels.dtype.itemsize * 8
    digest = hashlib.sha256(pixels.astype(">u2" if bits == 16 else "u1").tobytes()).hexdigest()
    lines.append(f"{name} {pixels.shape[1]} {pixels.shape[0]} {bits} {digest}\n")


def rgba(channels):
    """RGBA of arrays of one, two, three or four channels."""
    full = np.iinfo(channels.dtype).max
    h, w, n = channels.shape
    out = np.full((h, w, 4), full, channels.dtype)
    out[..., :3] = channels[..., :3] if n > 2 else channels[..., :1]
    if n in (2, 4):
        out[..., 3] = channels[..., n - 1]
    return out


def by_pillow(name):
    with Image.open(name) as picture:
        if picture.mode == "CMYK":
            picture = picture.convert("RGB")
        record(name, np.asarray(picture.convert("RGBA")))


def save(name, picture, **options):
    picture.save(name, **options)
    by_pillow(name)


def lossy(name, picture, *flags):
    picture.save("scene.png")
    subprocess.run(["cwebp", "-quiet", *flags, "scene.png", "-o", name], check=True)
    by_dwebp(name)
    os.remove("scene.png")


def by_dwebp(name):
    subprocess.run(["dwebp", "-quiet", "-nodither", name, "-pam", "-o", "out.pam"], check=True)
    data = open("out.pam", "rb").read()
    os.remove("out.pam")
    head, body = data.split(b"ENDHDR\n", 1)
    fields = dict(l.split()[:2] for l in head.decode().splitlines() if " " in l)
    pixels = np.frombuffer(body, np.uint8).reshape(int(fields["HEIGHT"]), int(fields["WIDTH"]), -1)
    record(name, rgba(pixels))
    with Image.open(name) as picture:
        assert np.array_equal(rgba(pixels), np.asarray(picture.convert("RGBA"))), name


def landscape(w, h):
    """A part of the samples' scene with sky, snow, rocks and woods."""
    with Image.open("../../../../samples/scene.jpg") as whole:
        return whole.crop((80, 60, 80 + w, 60 + h))


# Lossy WebP: sizes, qualities, filters, segments and partitions; alpha coded in every way.
for w, h in (1, 1), (1, 2), (2, 1), (2, 2), (3, 3), (5, 4), (16, 16), (17, 33), (37, 29):
    lossy(f"lossy-{w}x{h}.webp", scene(w, h))
for q in 0, 30, 90, 100:
    lossy(f"lossy-q{q}.webp", scene(37, 29), "-q", str(q))
lossy("photo.webp", landscape(128, 96), "-q", "85")
lossy("photo-strong.webp", landscape(128, 96), "-q", "20", "-f", "100", "-strong", "-segments", "4", "-sharpness", "3")
lossy("photo-simple.webp", landscape(128, 96), "-q", "20", "-f", "60", "-nostrong", "-m", "0")
lossy("photo-partitions.webp", landscape(64, 48), "-partition_limit", "60")
for method in 0, 1:
    for way in "none", "fast", "best":
        lossy(f"alpha-{method}-{way}.webp", clear(37, 29), "-alpha_method", str(method), "-alpha_filter", way)
lossy("alpha-q20.webp", clear(37, 29), "-alpha_q", "20")

# Lossless WebP.
save("lossless.webp", scene(37, 29), lossless=True)
save("lossless-1x1.webp", scene(1, 1), lossless=True)
save("lossless-alpha.webp", clear(37, 29), lossless=True, exact=True)
save("lossless-noise.webp", Image.fromarray(noise(19, 23, 3)), lossless=True)
save("lossless-photo.webp", landscape(64, 48), lossless=True, method=6)
for n in 2, 4, 16, 200:
    save(f"lossless-{n}.webp", scene(37, 29).quantize(n).convert("RGB"), lossless=True)
exif = Image.Exif()
exif[274] = 6
profile = b"\0" * 128
save("lossless-exif.webp", scene(7, 5), lossless=True, exif=exif.tobytes(), icc_profile=profile)
scene(7, 5).save("lossy-exif.webp", exif=exif.tobytes())
by_dwebp("lossy-exif.webp")
frames = [clear(20, 14), clear(20, 14).rotate(90), clear(20, 14).rotate(180)]
save("animated.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True, exact=True)
placed = Image.new("RGBA", (20, 14))
placed.paste(clear(9, 6), (4, 6))
save("animated-placed.webp", placed, save_all=True, append_images=frames[1:], lossless=True)
save("animated-lossy.webp", scene(20, 14), save_all=True, append_images=[scene(20, 14).rotate(180)])

# TIFF by libtiff.
gray, palette, bilevel = scene(37, 29).convert("L"), scene(37, 29).quantize(50), scene(37, 29).convert("1")
kinds = {"l": gray, "p": palette, "1": bilevel, "rgb": scene(37, 29), "rgba": clear(37, 29), "la": clear(37, 29).convert("LA"),
         "cmyk": Image.merge("CMYK", [*scene(37, 29).split(), alpha(37, 29)])}
for name, picture in kinds.items():
    for way in None, "tiff_lzw", "tiff_adobe_deflate", "packbits":
        save(f"{name}-{way or 'plain'}.tif".replace("tiff_", "").replace("adobe_", ""), picture, compression=way)
for way in "group3", "group4":
    save(f"1-{way}.tif", bilevel, compression=way)
    save(f"1-{way}-white.tif", bilevel, compression=way, tiffinfo={262: 0})
save("rgb-predicted.tif", scene(37, 29), compression="tiff_lzw", tiffinfo={317: 2})
save("rgba-predicted.tif", clear(37, 29), compression="tiff_adobe_deflate", tiffinfo={317: 2})
save("rgb-strips.tif", scene(37, 29), compression="tiff_lzw", tiffinfo={278: 7})
save("photo.tif", landscape(64, 48), compression="tiff_lzw", tiffinfo={317: 2})
save("pages.tif", gray, save_all=True, append_images=[gray])
save("icc.tif", scene(7, 5), icc_profile=profile)


def tiff(name, w, h, blocks, order="<", **tags):
    """A TIFF of given blocks, with tags as name=number or name=[numbers], of type LONG."""
    numbers = {"subfile": 254, "bits": 258, "way": 259, "meaning": 262, "fill": 266, "turn": 274, "samples": 277, "rows": 278, "planar": 284,
               "predictor": 317, "colours": 320, "tile": 322, "extra": 338, "kind": 339, "dng": 50706}
    entries = {256: [w], 257: [h], 259: [1], 277: [1]}
    for key, value in tags.items():
        entries[numbers[key]] = value if isinstance(value, list) else [value]
    if "tile" in tags:
        entries[322], entries[323] = [tags["tile"]], [tags["tile"]]
    at, body, places = 8, b"", []
    for block in blocks:
        places.append(at + len(body))
        body += block + b"\0" * (len(block) % 2)
    entries[324 if "tile" in tags else 273] = places
    entries[325 if "tile" in tags else 279] = [len(b) for b in blocks]
    place = 8 + len(body)
    far, out = b"", struct.pack(order + "H", len(entries))
    for tag, values in sorted(entries.items()):
        short = tag in (258, 259, 262, 266, 274, 277, 284, 317, 320, 338, 339)
        packed = struct.pack(order + str(len(values)) + ("H" if short else "L"), *values)
        out += struct.pack(order + "HHL", tag, 3 if short else 4, len(values))
        if len(packed) <= 4:
            out += packed.ljust(4, b"\0")
        else:
            out += struct.pack(order + "L", place + 2 + 12 * len(entries) + 4 + len(far))
            far += packed
    out += struct.pack(order + "L", 0)
    with open(name, "wb") as file:
        file.write((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", place) + body + out + far)


def bits_of(values, n):
    """Rows of numbers below 2^n, packed from the highest bit."""
    rows = np.unpackbits(values[..., None].astype(np.uint8), axis=-1)[..., 8 - n:].reshape(len(values), -1)
    return np.packbits(rows, axis=-1).tobytes()


def written(name, pixels, *args, **tags):
    tiff(name, *args, **tags)
    record(name, pixels)


def drawn(name, *args, **tags):
    tiff(name, *args, **tags)
    by_pillow(name)


w, h = 21, 13
for n in 1, 2, 4, 8:
    values = noise(h, w, bits=n)
    for meaning in 0, 1:
        drawn(f"gray-{n}-{meaning}.tif", w, h, [bits_of(values, n)], bits=n, meaning=meaning)
    if n > 1:
        drawn(f"palette-{n}.tif", w, h, [bits_of(values, n)], bits=n, meaning=3, colours=[int(v) for v in noise(3 << n, bits=16)])
flipped = bytes(int(f"{v:08b}"[::-1], 2) for v in bits_of(noise(h, w, bits=1), 1))
drawn("fill.tif", w, h, [flipped], bits=1, meaning=1, fill=2)
for order in "<", ">":
    end = "little" if order == "<" else "big"
    for n, meaning, extra in (1, 1, []), (1, 0, []), (2, 1, [2]), (3, 2, []), (4, 2, [2]), (4, 2, [0]):
        values = noise(h, w, n, bits=16)
        shown = 65535 - values if meaning == 0 else values
        shown = rgba(shown[..., :3] if extra == [0] else shown)
        tags = {"extra": extra} if extra else {}
        raw = values.astype(order + "u2")
        written(f"wide-{n}-{meaning}-{sum(extra)}-{end}.tif", shown, w, h, [raw.tobytes()], order, bits=[16] * n, samples=n, meaning=meaning, **tags)
    values = noise(h, w, 3, bits=16)
    steps = np.diff(values.astype(np.int32), axis=1, prepend=0).astype(order + "u2")
    written(f"wide-predicted-{end}.tif", rgba(values), w, h, [zlib.compress(steps.tobytes())], order, bits=[16] * 3, samples=3, meaning=2, way=8, predictor=2)
    planes = [values[..., c].astype(order + "u2").tobytes() for c in range(3)]
    written(f"wide-planes-{end}.tif", rgba(values), w, h, planes, order, bits=[16] * 3, samples=3, meaning=2, planar=2)
values = noise(h, w, 3)
strips = [values[y:y + 5, :, c].tobytes() for c in range(3) for y in range(0, h, 5)]
written("planes.tif", rgba(values), w, h, strips, bits=[8] * 3, samples=3, meaning=2, planar=2, rows=5)
written("turned.tif", rgba(values), w, h, [values.tobytes()], bits=[8] * 3, samples=3, meaning=2, turn=6)
steps = [np.diff(values[..., c].astype(np.int32), axis=1, prepend=0).astype(np.uint8) for c in range(3)]
written("planes-predicted.tif", rgba(values), w, h, [zlib.compress(s.tobytes()) for s in steps], bits=[8] * 3, samples=3, meaning=2, planar=2, way=8, predictor=2)
padded = np.zeros((16, 32, 3), np.uint8)
padded[:h, :w] = values
tiles = [padded[:16, x:x + 16] for x in (0, 16)]
written("tiles.tif", rgba(values), w, h, [t.tobytes() for t in tiles], bits=[8] * 3, samples=3, meaning=2, tile=16)
written("tiles-deflate.tif", rgba(values), w, h, [zlib.compress(t.tobytes()) for t in tiles], bits=[8] * 3, samples=3, meaning=2, tile=16, way=8)
values = noise(h, w, 4)
values[2:4, :, 3], values[5:7, :, 3] = 0, 255
for extra in 0, 1, 2:
    drawn(f"extra-{extra}.tif", w, h, [values.tobytes()], bits=[8] * 4, samples=4, meaning=2, extra=extra)

# BMP.
for name, picture in {"1": bilevel, "l": gray, "p": palette, "rgb": scene(37, 29), "rgba": clear(37, 29)}.items():
    save(f"{name}.bmp", picture)


def bmp(name, w, h, bits, body, info=40, palette=b"", gap=b"", way=0, masks=b"", colours=0):
    if info == 12:
        head = struct.pack("<LHHHH", 12, w, h, 1, bits)
    else:
        head = struct.pack("<LllHHLLllLL", info, w, h, 1, bits, way, len(body), 2835, 2835, colours, 0) + masks
        head += b"\0" * (info - len(head))
    head += palette + gap
    with open(name, "wb") as file:
        file.write(b"BM" + struct.pack("<LHHL", 14 + len(head) + len(body), 0, 0, 14 + len(head)) + head + body)
    by_pillow(name)


def rows(packed, h):
    n = len(packed) // h
    return b"".join(packed[y * n:(y + 1) * n] + b"\0" * (-n % 4) for y in range(h))


colour = noise(h, w, 4)
colour[3:5, :, 3] = 0
masks = struct.pack("<LLLL", 0xff0000, 0xff00, 0xff, 0xff000000)
opaque = masks[:12] + b"\0" * 4
bmp("alpha.bmp", w, h, 32, colour.tobytes(), info=108, way=3, masks=masks)
bmp("alpha-v5.bmp", w, h, 32, colour.tobytes(), info=124, way=3, masks=masks)
bmp("no-alpha-v4.bmp", w, h, 32, colour.tobytes(), info=108, way=3, masks=opaque)
bmp("masks.bmp", w, h, 32, colour.tobytes(), way=3, masks=masks[:12])
bmp("down.bmp", w, -h, 32, colour.tobytes())
bmp("rgbx-v5.bmp", w, h, 32, colour.tobytes(), info=124)
bmp("gap.bmp", w, h, 24, rows(colour[..., :3].tobytes(), h), gap=b"12345678")
table = noise(64).tobytes()
for n in 1, 4, 8:
    packed = rows(bits_of(noise(h, w, bits=min(n, 4)), n), h)
    bmp(f"palette-{n}.bmp", w, h, n, packed, palette=table[:4 << min(n, 4)], colours=1 << min(n, 4))
    bmp(f"down-{n}.bmp", w, -h, n, packed, palette=table[:4 << min(n, 4)], colours=1 << min(n, 4))
bmp("os2.bmp", w, h, 4, rows(bits_of(noise(h, w, bits=4), 4), h), info=12, palette=table[:48])
bmp("os2-24.bmp", w, h, 24, rows(colour[..., :3].tobytes(), h), info=12)

# GIF.
save("plain.gif", palette, interlace=0)
save("interlaced.gif", palette, interlace=1)
save("1x1.gif", palette.crop((0, 0, 1, 1)))
save("transparent.gif", palette, transparency=int(np.asarray(palette)[3, 3]))
others = [palette.rotate(90), palette.rotate(180)]
save("animated.gif", palette, save_all=True, append_images=others, duration=50, loop=0)
# The first frame on a larger screen, with transparency around it.
data = bytearray(open("transparent.gif", "rb").read())
frame = data.index(b"\x2c\0\0\0\0\x25\0\x1d\0")
data[6:10] = struct.pack("<HH", 50, 40)
data[frame + 1:frame + 5] = struct.pack("<HH", 6, 9)
open("placed.gif", "wb").write(data)
by_pillow("placed.gif")

with open("digests.txt", "w") as out:
    out.writelines(sorted(lines))
