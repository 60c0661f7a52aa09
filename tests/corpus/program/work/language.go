package work

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/dop251/goja"
	"github.com/expr-lang/expr"
	"github.com/google/cel-go/cel"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	lualib "github.com/yuin/gopher-lua"
	"gopkg.in/yaml.v3"
)

func scripts(round int) (any, error) {
	vm := goja.New()
	vm.Set("round", round)
	v, err := vm.RunString(`
		class Point { constructor(x, y) { this.x = x; this.y = y } get sum() { return this.x + this.y } }
		var all = [];
		for (let i = 0; i < 800; i++) {
			const p = new Point(i, i * round);
			all.push({ p, f: () => p.sum + i, s: "s" + i, m: new Map([[i, p]]), d: [i, 1.5 * i] });
		}
		const js = JSON.stringify(all.map(a => a.p));
		const parsed = JSON.parse(js).filter(q => q.x % 3 === 0);
		function* gen(n) { for (let i = 0; i < n; i++) yield {i} }
		const set = new Set([...gen(200)]);
		[all, parsed, js.split("x"), /(\d+):(\d+)/g.exec("12:34"), set, new Float64Array(100)]`)
	return []any{vm, v}, err
}

func lua(round int) (any, error) {
	state := lualib.NewState()
	state.SetGlobal("round", lualib.LNumber(round))
	err := state.DoString(`
		all = {}
		for i = 1, 500 do
			all[#all + 1] = { id = i, name = "n" .. i, f = function() return i * round end, list = {i, i + 1, i + 2} }
		end
		text = string.rep("x", 100) .. table.concat({"a", "b"}, ",")
		for w in string.gmatch("one two three", "%a+") do all[w] = w:upper() end
	`)
	return state, err
}

func rules(round int) (any, error) {
	var programs []any
	for i := 0; i < 30; i++ {
		env := map[string]any{"a": i, "items": []int{1, 2, 3, i}, "name": "n", "f": func(x int) int { return x * round }}
		program, err := expr.Compile(fmt.Sprintf(`filter(items, {# > 1 and # < a + %d}) | map({f(#)}) | sum() > 3 ? name + "x" : "y"`, i), expr.Env(env))
		if err != nil {
			return nil, err
		}
		out, err := expr.Run(program, env)
		if err != nil {
			return nil, err
		}
		programs = append(programs, program, out)
	}
	return programs, nil
}

func policies(round int) (any, error) {
	env, err := cel.NewEnv(cel.Variable("name", cel.StringType), cel.Variable("n", cel.IntType), cel.Variable("tags", cel.ListType(cel.StringType)))
	if err != nil {
		return nil, err
	}
	kept := []any{env}
	for i := 0; i < 15; i++ {
		ast, issues := env.Compile(fmt.Sprintf(`name.startsWith("a") && n > %d || tags.exists(t, t.size() > %d) && {"k": [n, n + 1]}["k"].size() == 2`, i, round))
		if issues.Err() != nil {
			return nil, issues.Err()
		}
		program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			return nil, err
		}
		out, details, err := program.Eval(map[string]any{"name": "abc", "n": i, "tags": []string{"x", "yy"}})
		if err != nil {
			return nil, err
		}
		kept = append(kept, ast, program, out, details)
	}
	return kept, nil
}

func configs(round int) (any, error) {
	source := strings.Repeat(fmt.Sprintf("service \"web\" \"n%d\" {\n  port = 80 + %d\n  tags = [\"a\", \"b-${upper}\"]\n  nested { x = { a = 1, b = true } }\n}\n", round, round), 40)
	file, diags := hclsyntax.ParseConfig([]byte(source), "corpus.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	body := file.Body.(*hclsyntax.Body)
	var values []any
	for _, block := range body.Blocks {
		v, _ := block.Body.Attributes["port"].Expr.Value(nil)
		values = append(values, v, block.Body.Attributes["tags"].Expr.Variables())
	}
	return []any{file, values}, nil
}

func documents(round int) (any, error) {
	md := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	source := []byte(strings.Repeat(fmt.Sprintf("# Heading %d\n\nSome *text* with `code` and [a link](http://x/y \"t\").\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] one\n- two[^1]\n\n```go\nx := 1\n```\n\n[^1]: note\n\n", round), 25))
	tree := md.Parser().Parse(text.NewReader(source))
	var out bytes.Buffer
	err := md.Renderer().Render(&out, source, tree)
	return []any{md, tree, &out}, err
}

type grammarFile struct {
	Entries []*grammarEntry `@@*`
}

type grammarEntry struct {
	Key   string        `@Ident "="`
	Value *grammarValue `@@`
}

type grammarValue struct {
	Text *string         `  @String`
	Num  *float64        `| @(Int|Float)`
	List []*grammarValue `| "[" ( @@ ( "," @@ )* )? "]"`
}

func grammar(round int) (any, error) {
	p, err := participle.Build[grammarFile]()
	if err != nil {
		return nil, err
	}
	file, err := p.ParseString("", strings.Repeat(fmt.Sprintf("key%d = [1, 2.5, \"three\", [4]]\nother = \"x\"\n", round), 40))
	return []any{p, file}, err
}

func yamls(round int) (any, error) {
	source := strings.Repeat(fmt.Sprintf("- name: n%d\n  list: [1, 2.5, true]\n  nested: {a: &x b, c: *x}\n  text: |\n    line\n    line\n", round), 60)
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(source), &node); err != nil {
		return nil, err
	}
	var value any
	if err := yaml.Unmarshal([]byte(source), &value); err != nil {
		return nil, err
	}
	out, err := yaml.Marshal(value)
	return []any{&node, value, out}, err
}
