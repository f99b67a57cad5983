"""Measures how many GFLOP/s one core does in fused multiply-adds of float32 that wait for
nothing: twelve registers that each get one, for longer than the latency of one. It prints a
line for AVX2 and, with the argument avx512, one for AVX-512. It is for x86-64."""

import ctypes
import mmap
import platform
import sys
import time

REGISTERS, ROUNDS = 12, 1 << 20


def code(wide):
    """vzeroall; loop: vfmadd231ps r0, r14, r15 … r11, r14, r15; dec rdi; jnz loop;
    vzeroupper; ret (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2)."""
    loop = b""
    for i in range(REGISTERS):
        high = i > 7
        prefix = bytes([0x62, 0x52 if high else 0xD2, 0x0D, 0x48] if wide else [0xC4, 0x42 if high else 0xC2, 0x0D])
        loop += prefix + bytes([0xB8, 0xC7 | (i & 7) << 3])
    loop += b"\x48\xff\xcf"
    loop += b"\x0f\x85" + (-(len(loop) + 6)).to_bytes(4, "little", signed=True)
    return b"\xc5\xfc\x77" + loop + b"\xc5\xf8\x77\xc3"


def peak(wide):
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code(wide))
    run = ctypes.CFUNCTYPE(None, ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
    best, end = float("inf"), time.perf_counter() + 0.3
    while time.perf_counter() < end:
        start = time.perf_counter()
        run(ROUNDS)
        best = min(best, time.perf_counter() - start)
    return 2 * (16 if wide else 8) * REGISTERS * ROUNDS / best / 1e9


if platform.machine() in ("x86_64", "AMD64"):
    print(f"avx2 {peak(False):.1f}")
    if "avx512" in sys.argv[1:]:
        print(f"avx512 {peak(True):.1f}")
