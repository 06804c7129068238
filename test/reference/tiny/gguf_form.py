def write_gguf(*a): pass
