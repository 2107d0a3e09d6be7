"""Tell whether a screenshot shows a window: `check_picture.py PNG` exits 0 if it does, else 1."""

import sys

from PySide6.QtGui import QImage

# A window is at least this large, and widgets, text and anti-aliasing make far more colours than this.
MINIMUM_WIDTH, MINIMUM_HEIGHT = 640, 400
MINIMUM_COLOURS = 16


def main() -> int:
    path = sys.argv[1]
    image = QImage(path)
    if image.isNull():
        print(f"{path} is missing or no picture")
        return 1
    colours = {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    print(f"{path}: {image.width()} x {image.height()} pixels, {len(colours)} colours")
    large_enough = image.width() >= MINIMUM_WIDTH and image.height() >= MINIMUM_HEIGHT
    return 0 if large_enough and len(colours) >= MINIMUM_COLOURS else 1


if __name__ == "__main__":
    sys.exit(main())
