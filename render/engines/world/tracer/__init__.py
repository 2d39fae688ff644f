"""The picture: Warp kernels, one source for CPU and CUDA, and what drives them."""
