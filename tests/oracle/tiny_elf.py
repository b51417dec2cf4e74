"""ELF files of a kilobyte, made byte by byte: what a loader reads of a program or library, and no more.

Everything lies in one writable segment at address 0 of the file, since loaders write into the dynamic section.
"""
import struct

NEEDED, HASH, STRTAB, SYMTAB, STRSZ, SYMENT, SONAME, RPATH, RUNPATH = 1, 4, 5, 6, 10, 11, 14, 15, 29
FLAGS_1, AUXILIARY, FILTER = 0x6FFFFFFB, 0x7FFFFFFD, 0x7FFFFFFF
DEPAUDIT, AUDIT = 0x6FFFFEFB, 0x6FFFFEFC
NODEFLIB, PIE = 0x800, 0x8000000
EXEC, DYN = 2, 3
I386, X86_64, AARCH64 = 3, 62, 183


def elf(tags=(), *, interp=None, bits=64, machine=X86_64, kind=DYN, osabi=0, abiversion=0, padding=0, dynamic=True):
    """The bytes of a file. `tags`: (tag, value) in the order of the file; text becomes an offset of the string table."""
    word, strings = bits // 8, bytearray(b"\0")
    header, entry = (64, 56) if bits == 64 else (52, 32)
    count = 1 + dynamic + 2 * bool(interp)
    name = interp.encode() + b"\0" if interp else b""

    values = []
    for tag, value in tags:
        if isinstance(value, str):
            strings += value.encode() + b"\0"
            value = len(strings) - len(value.encode()) - 1
        values.append((tag, value))
    name_at = header + entry * count
    dynamic_at = name_at + len(name) + 15 & ~15
    strings_at = dynamic_at + 2 * word * (len(values) + 6)
    symtab_at = strings_at + len(strings) + 15 & ~15
    hash_at = symtab_at + 24
    size = hash_at + 16
    values += [(HASH, hash_at), (STRTAB, strings_at), (SYMTAB, symtab_at), (STRSZ, len(strings)),
               (SYMENT, 24 if bits == 64 else 16), (0, 0)]

    def segment(kind, flags, at, size, align):
        if bits == 64:
            return struct.pack("<IIQQQQQQ", kind, flags, at, at, at, size, size, align)
        return struct.pack("<IIIIIIII", kind, at, at, at, size, size, flags, align)

    head = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1, 1, osabi, abiversion]) + bytes(6) + bytes([padding])
    head += struct.pack("<HHIQQQ" if bits == 64 else "<HHIIII", kind, machine, 1, 0, header, 0)
    head += struct.pack("<IHHHHHH", 0, header, entry, count, 64 if bits == 64 else 40, 0, 0)
    if interp:
        head += segment(6, 4, header, entry * count, 8) + segment(3, 4, name_at, len(name), 1)
    head += segment(1, 7, 0, size, 0x1000)
    if dynamic:
        head += segment(2, 6, dynamic_at, strings_at - dynamic_at, 8)
    out = bytearray(size)
    out[:len(head)] = head
    out[name_at:name_at + len(name)] = name
    pack = "<2Q" if bits == 64 else "<2I"
    out[dynamic_at:strings_at] = b"".join(struct.pack(pack, *v) for v in values)
    out[strings_at:strings_at + len(strings)] = strings
    out[hash_at:] = struct.pack("<4I", 1, 1, 0, 0)
    return bytes(out)
