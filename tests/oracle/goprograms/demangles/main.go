// Demangles names from standard input, one a line, as pprof does it unless told otherwise.
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/ianlancetaylor/demangle"
)

func main() {
	names := bufio.NewScanner(os.Stdin)
	names.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for names.Scan() {
		fmt.Fprintln(out, demangle.Filter(names.Text(), demangle.NoParams, demangle.NoEnclosingParams, demangle.NoTemplateParams))
	}
}
