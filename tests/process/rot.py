"""What old disks do: bytes change by themselves, and files are gone."""


def table_of(directory):
    """The largest table file of a RocksDB directory."""
    tables = sorted(directory.glob("*.sst"), key=lambda path: path.stat().st_size)
    assert tables, f"{directory} has no table file"
    return tables[-1]


def flip(path, part):
    """Flips a bit at this part (0 to 1) of the file; returns where, and the byte before."""
    at = int(path.stat().st_size * part)
    with open(path, "r+b") as file:
        file.seek(at)
        before = file.read(1)[0]
        file.seek(at)
        file.write(bytes([before ^ 0x10]))
    return at, before
