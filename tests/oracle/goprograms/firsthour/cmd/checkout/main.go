// Checkout is the service of the tutorial's first hour: it prints its address, serves net/http/pprof, and leaks sessions.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"time"

	"example.com/checkout/sessions"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	store := sessions.NewStore()
	go func() {
		for user := 0; ; user++ {
			store.Login(user)
			time.Sleep(200 * time.Microsecond)
		}
	}()
	panic(http.Serve(listener, nil))
}
