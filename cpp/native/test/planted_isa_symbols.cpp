// What no file of kernels may define, each kind once; the test isa_symbols_planted compiles it
// twice and shows that check_isa_symbols.sh names all of them.
namespace viditq {

// A helper in a header that somebody left outside of the unnamed namespace.
inline int planted_inline(int x) { return x + 1; }

template <typename T>
T planted_template(T x) {
  return x + 2;
}

struct Planted {
  int planted_member(int x) const { return x + 3; }
};

int planted_function(int x) {
  return planted_inline(x) + planted_template(x) + Planted().planted_member(x);
}

inline int planted_variable = 1;

int* planted_use() { return &planted_variable; }

}  // namespace viditq
