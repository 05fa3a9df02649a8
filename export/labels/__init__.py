"""What labels an image: masks on its grid, label maps, point sets."""
