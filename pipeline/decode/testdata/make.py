"""Makes the JPEG files of this folder and what they should decode to.

    python3 testdata/make.py        in pipeline/decode; needs Pillow, numpy, cjpeg and djpeg

NAME.jpg is the input. NAME.ppm is what libjpeg-turbo makes of it: djpeg -ppm, or for
four channels Pillow's convert("RGB"). Of exact-*.jpg any correct decoder makes the same
planes, so that upsampling and colour conversion alone are compared. resize-*.png is what Pillow makes of resize.png.
Made with libjpeg-turbo 2.1.5 and Pillow 9.4.0.
"""
import os
import subprocess

import numpy as np
from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))


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


def blocks(w, h, size):
    """Flat squares: at quality 100 every inverse DCT of these is exact."""
    rgb = np.random.default_rng(1).integers(0, 256, (h // size + 1, w // size + 1, 3))
    rgb = rgb.repeat(size, axis=0).repeat(size, axis=1)
    return Image.fromarray(rgb[:h, :w].astype(np.uint8), "RGB")


def cjpeg(name, w, h, *flags, picture=scene, quality=85):
    picture(w, h).save("scene.ppm")
    with open(name + ".jpg", "wb") as out:
        subprocess.run(["cjpeg", "-quality", str(quality), *flags, "scene.ppm"], stdout=out, check=True)
    os.remove("scene.ppm")
    with open(name + ".ppm", "wb") as out:
        subprocess.run(["djpeg", "-ppm", "-rgb", name + ".jpg"], stdout=out, check=True)


def reference(name):
    Image.open(name + ".jpg").convert("RGB").save(name + ".ppm")


cjpeg("444", 37, 29, "-sample", "1x1")
cjpeg("422", 37, 29, "-sample", "2x1")
cjpeg("420", 37, 29, "-sample", "2x2")
cjpeg("440", 37, 29, "-sample", "1x2")
cjpeg("411", 37, 29, "-sample", "4x1")
cjpeg("410", 37, 29, "-sample", "4x2")
cjpeg("420-even", 48, 32, "-sample", "2x2")
cjpeg("420-narrow", 4, 9, "-sample", "2x2")
cjpeg("422-narrow", 3, 9, "-sample", "2x1")
cjpeg("420-5x5", 5, 5, "-sample", "2x2")
cjpeg("420-1x1", 1, 1, "-sample", "2x2")
cjpeg("440-1x1", 1, 1, "-sample", "1x2")
cjpeg("gray", 37, 29, "-grayscale")
cjpeg("progressive", 37, 29, "-progressive", "-sample", "2x2")
cjpeg("restart", 37, 29, "-restart", "1", "-sample", "2x2")
cjpeg("rgb", 37, 29, "-rgb")
cjpeg("rgb-420", 37, 29, "-rgb", "-sample", "2x2,1x1,1x1")

for ratio in "1x1", "2x1", "2x2", "1x2", "4x1", "4x2":
    cjpeg("exact-" + ratio, 53, 39, "-sample", ratio, quality=100,
          picture=lambda w, h: blocks(w, h, 32 if "4" in ratio else 16))

def landscape(w, h):
    """A part of the samples' scene with sky, snow, rocks and woods."""
    with Image.open("../../../samples/scene.jpg") as whole:
        return whole.crop((80, 60, 80 + w, 60 + h))


cjpeg("photo-420", 128, 96, "-sample", "2x2", picture=landscape, quality=90)

cmyk = Image.merge("CMYK", [*scene(37, 29).split(), scene(29, 37).rotate(90, expand=True).split()[1]])
cmyk.save("cmyk.jpg", quality=85)
reference("cmyk")
cmyk.save("cmyk.tif")
for name, factor in ("ycck", "1x1"), ("ycck-420", "2x2,1x1,1x1,2x2"):
    subprocess.run(["convert", "cmyk.tif", "-quality", "85", "-sampling-factor", factor, name + ".jpg"], check=True)
    reference(name)
os.remove("cmyk.tif")
# Without Adobe's APP14 (ff ee 00 0e, 12 bytes) everybody takes it for Adobe's CMYK.
data = open("cmyk.jpg", "rb").read()
at = data.index(b"\xff\xee\x00\x0eAdobe")
open("cmyk-bare.jpg", "wb").write(data[:at] + data[at + 16:])
reference("cmyk-bare")

source = scene(41, 30)
source.save("resize.png", optimize=True)
for name, method in ("lanczos", Image.LANCZOS), ("linear", Image.BILINEAR), ("nearest", Image.NEAREST):
    for w, h in (16, 8), (60, 70), (13, 52):
        source.resize((w, h), method).save(f"resize-{name}-{w}x{h}.png", optimize=True)
