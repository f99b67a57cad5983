"""What people write today for this job, to be raced against: every photo of a folder
through one convolution layer and ReLU, an 8-bit PNG for each map or one .npy for each
photo, in two processes.

    peer.py photos OUT COUNT          cut 1024×768 JPEGs out of the wallpapers that Debian's
                                      mate-backgrounds and ukui-wallpapers install
    peer.py png OUT COUNT PHOTOS      save photos as PNG, at PIL's default level
    peer.py tiny OUT COUNT PHOTOS     cut 64×64 PNGs out of photos
    peer.py weights FILE.npy FILTERS  draw FILTERS×3×3×3 weights
    peer.py opencv SRC OUT FILE.npy KIND   filter2D, and imwrite or save
    peer.py torch SRC OUT FILE.npy KIND    conv2d, and PIL at compression level 1 or save

KIND is png or npy. photos, png and tiny need python3-pil and python3-numpy, the others
OpenCV or python3-torch.
"""
import glob
import multiprocessing
import os
import sys

import numpy as np


def photos(out, count):
    from PIL import Image
    os.makedirs(out, exist_ok=True)
    sources = sorted(p for pattern in ("mate/nature/*.jpg", "*.jpg", "*.png")
                     for p in glob.glob("/usr/share/backgrounds/" + pattern))
    if not sources:
        sys.exit("no wallpapers: apt-get install mate-backgrounds ukui-wallpapers")
    width, height = 1024, 768
    for i in range(int(count)):
        image = Image.open(sources[i % len(sources)]).convert("RGB")
        zoom = (1.0, 0.7, 1.4, 0.85)[i // len(sources) % 4]
        size = (max(width, int(image.width * zoom)), max(height, int(image.height * zoom)))
        if size != image.size:
            image = image.resize(size, Image.LANCZOS)
        left = i * 7919 % (image.width - width + 1)
        top = i * 104729 % (image.height - height + 1)
        image = image.crop((left, top, left + width, top + height))
        image.save(f"{out}/p{i:04d}.jpg", quality=90, progressive=i % 10 == 9)


def png(out, count, source):
    from PIL import Image
    os.makedirs(out, exist_ok=True)
    for path in sorted(glob.glob(source + "/*.jpg"))[:int(count)]:
        Image.open(path).save(f"{out}/{stem(path)}.png")


def tiny(out, count, source):
    from PIL import Image
    os.makedirs(out, exist_ok=True)
    pixels = [np.asarray(Image.open(p)) for p in sorted(glob.glob(source + "/*.jpg"))[:50]]
    draw = np.random.RandomState(1)
    for i in range(int(count)):
        photo = pixels[i % len(pixels)]
        top, left = draw.randint(0, photo.shape[0] - 64), draw.randint(0, photo.shape[1] - 64)
        Image.fromarray(photo[top:top + 64, left:left + 64]).save(f"{out}/t{i:05d}.png", compress_level=1)


def weights(file, filters):
    np.save(file, (np.random.RandomState(0).randn(int(filters), 3, 3, 3) * 0.2).astype(np.float32))


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def opencv_photo(args):
    import cv2
    cv2.setNumThreads(1)
    path, out, w, kind = args
    planes = cv2.split(cv2.imread(path).astype(np.float32) / 255)[::-1]  # OpenCV reads BGR
    maps = []
    for k, kernel in enumerate(w):
        total = cv2.filter2D(planes[0], cv2.CV_32F, kernel[0], borderType=cv2.BORDER_CONSTANT)
        for plane, taps in zip(planes[1:], kernel[1:]):
            total += cv2.filter2D(plane, cv2.CV_32F, taps, borderType=cv2.BORDER_CONSTANT)
        np.maximum(total, 0, out=total)
        if kind == "npy":
            maps.append(total)
        else:
            cv2.imwrite(f"{out}/{stem(path)}_{k:02d}.png", cv2.convertScaleAbs(total, alpha=255 / max(total.max(), 1e-9)))
    if kind == "npy":
        np.save(f"{out}/{stem(path)}.npy", np.stack(maps))


def torch_photo(args):
    import torch
    from PIL import Image
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    path, out, w, kind = args
    pixels = torch.from_numpy(np.array(Image.open(path).convert("RGB")))
    x = pixels.permute(2, 0, 1)[None].float().div_(255).contiguous(memory_format=torch.channels_last)
    w = torch.from_numpy(w).contiguous(memory_format=torch.channels_last)
    y = torch.nn.functional.conv2d(x, w, padding=1).relu_()[0]
    if kind == "npy":
        np.save(f"{out}/{stem(path)}.npy", y.contiguous().numpy())
        return
    largest = y.amax(dim=(1, 2), keepdim=True).clamp_min(1e-9)
    maps = (y * (255 / largest)).round_().to(torch.uint8).contiguous().numpy()
    for k, pixels in enumerate(maps):
        Image.fromarray(pixels).save(f"{out}/{stem(path)}_{k:02d}.png", compress_level=1)


def race(photo, source, out, file, kind):
    os.makedirs(out, exist_ok=True)
    w = np.load(file)
    jobs = [(p, out, w, kind) for p in sorted(glob.glob(source + "/*.jpg") + glob.glob(source + "/*.png"))]
    with multiprocessing.Pool(2) as pool:
        pool.map(photo, jobs, chunksize=4)


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command in ("opencv", "torch"):
        race({"opencv": opencv_photo, "torch": torch_photo}[command], *arguments)
    else:
        {"photos": photos, "png": png, "tiny": tiny, "weights": weights}[command](*arguments)
