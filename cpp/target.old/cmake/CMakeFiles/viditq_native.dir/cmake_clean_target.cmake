file(REMOVE_RECURSE
  "libviditq_native.a"
)
