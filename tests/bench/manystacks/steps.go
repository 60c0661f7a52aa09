package main

// The steps a path is made of. They differ in nothing but their names: a heap profile sees a stack of
// its own for each path through them.

var steps [48]func(*path) []byte

// Not an initial value: the steps refer to the table.
func init() {
	steps = [...]func(*path) []byte{
		s00, s01, s02, s03, s04, s05, s06, s07, s08, s09, s10, s11,
		s12, s13, s14, s15, s16, s17, s18, s19, s20, s21, s22, s23,
		s24, s25, s26, s27, s28, s29, s30, s31, s32, s33, s34, s35,
		s36, s37, s38, s39, s40, s41, s42, s43, s44, s45, s46, s47,
	}
}

//go:noinline
func s00(p *path) []byte { return p.step() }

//go:noinline
func s01(p *path) []byte { return p.step() }

//go:noinline
func s02(p *path) []byte { return p.step() }

//go:noinline
func s03(p *path) []byte { return p.step() }

//go:noinline
func s04(p *path) []byte { return p.step() }

//go:noinline
func s05(p *path) []byte { return p.step() }

//go:noinline
func s06(p *path) []byte { return p.step() }

//go:noinline
func s07(p *path) []byte { return p.step() }

//go:noinline
func s08(p *path) []byte { return p.step() }

//go:noinline
func s09(p *path) []byte { return p.step() }

//go:noinline
func s10(p *path) []byte { return p.step() }

//go:noinline
func s11(p *path) []byte { return p.step() }

//go:noinline
func s12(p *path) []byte { return p.step() }

//go:noinline
func s13(p *path) []byte { return p.step() }

//go:noinline
func s14(p *path) []byte { return p.step() }

//go:noinline
func s15(p *path) []byte { return p.step() }

//go:noinline
func s16(p *path) []byte { return p.step() }

//go:noinline
func s17(p *path) []byte { return p.step() }

//go:noinline
func s18(p *path) []byte { return p.step() }

//go:noinline
func s19(p *path) []byte { return p.step() }

//go:noinline
func s20(p *path) []byte { return p.step() }

//go:noinline
func s21(p *path) []byte { return p.step() }

//go:noinline
func s22(p *path) []byte { return p.step() }

//go:noinline
func s23(p *path) []byte { return p.step() }

//go:noinline
func s24(p *path) []byte { return p.step() }

//go:noinline
func s25(p *path) []byte { return p.step() }

//go:noinline
func s26(p *path) []byte { return p.step() }

//go:noinline
func s27(p *path) []byte { return p.step() }

//go:noinline
func s28(p *path) []byte { return p.step() }

//go:noinline
func s29(p *path) []byte { return p.step() }

//go:noinline
func s30(p *path) []byte { return p.step() }

//go:noinline
func s31(p *path) []byte { return p.step() }

//go:noinline
func s32(p *path) []byte { return p.step() }

//go:noinline
func s33(p *path) []byte { return p.step() }

//go:noinline
func s34(p *path) []byte { return p.step() }

//go:noinline
func s35(p *path) []byte { return p.step() }

//go:noinline
func s36(p *path) []byte { return p.step() }

//go:noinline
func s37(p *path) []byte { return p.step() }

//go:noinline
func s38(p *path) []byte { return p.step() }

//go:noinline
func s39(p *path) []byte { return p.step() }

//go:noinline
func s40(p *path) []byte { return p.step() }

//go:noinline
func s41(p *path) []byte { return p.step() }

//go:noinline
func s42(p *path) []byte { return p.step() }

//go:noinline
func s43(p *path) []byte { return p.step() }

//go:noinline
func s44(p *path) []byte { return p.step() }

//go:noinline
func s45(p *path) []byte { return p.step() }

//go:noinline
func s46(p *path) []byte { return p.step() }

//go:noinline
func s47(p *path) []byte { return p.step() }
