// etcd-load puts a load on an etcd cluster over etcd's own client, with the words and the figures of
// `cairn bench`. What it finds is one JSON object on standard output.
//
//	fill    put every key of the key space once
//	load    closed-loop clients over a few connections, each connection to one endpoint
//	put     put one key, and try until it is put
//	await   wait until the endpoint has a value, by a linearizable read or (--local) of its own
//
// Build, without a network: GO111MODULE=off GOPATH=/usr/share/gocode go build
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/clientv3"
)

type options struct {
	endpoints   []string
	op          string
	clients     int
	connections int
	keys        int
	valueSize   int
	seconds     float64
	operations  int64
	tryTimeout  time.Duration
	key, value  string
	local       bool
	patience    time.Duration
}

func parse(words []string) options {
	var o options
	var endpoints string
	var tryTimeout, patience float64
	flags := flag.NewFlagSet("etcd-load", flag.ExitOnError)
	flags.StringVar(&endpoints, "endpoints", "", "HOST:PORT[,HOST:PORT...]")
	flags.StringVar(&o.op, "op", "put", "load: put or get (linearizable)")
	flags.IntVar(&o.clients, "clients", 16, "load: clients at once")
	flags.IntVar(&o.connections, "connections", 10, "load: at most so many, spread over the endpoints")
	flags.IntVar(&o.keys, "keys", 100000, "size of the key space")
	flags.IntVar(&o.valueSize, "value-size", 100, "bytes of a value")
	flags.Float64Var(&o.seconds, "seconds", 5, "load: how long")
	flags.Int64Var(&o.operations, "operations", 0, "load: end after so many (0: by time)")
	flags.Float64Var(&tryTimeout, "try-timeout", 10, "load: seconds for one operation; each takes a "+
		"random part of it, a third at least")
	flags.StringVar(&o.key, "key", "", "put, await: the key")
	flags.StringVar(&o.value, "value", "", "put, await: the value")
	flags.BoolVar(&o.local, "local", false, "await: what the endpoint has, possibly old")
	flags.Float64Var(&patience, "patience", 300, "put, await: seconds until it gives up")
	flags.Parse(words)
	o.endpoints = strings.Split(endpoints, ",")
	o.tryTimeout = seconds(tryTimeout)
	o.patience = seconds(patience)
	if endpoints == "" || flags.NArg() > 0 || (o.op != "put" && o.op != "get") || o.clients < 1 ||
		o.connections < 1 || o.keys < 1 {
		fail("wrong words; etcd-load load --help lists them")
	}
	return o
}

func seconds(value float64) time.Duration { return time.Duration(value * 1e9) }

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, "etcd-load: "+format+"\n", values...)
	os.Exit(1)
}

func keyOf(number int) string { return fmt.Sprintf("bench-%010d", number) }

// connect makes a connection of its own to one endpoint; it stands when this returns.
func connect(endpoint string) (*clientv3.Client, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: 5 * time.Second})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err = client.Get(ctx, "no such key", clientv3.WithSerializable()); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

func mustConnect(endpoint string) *clientv3.Client {
	client, err := connect(endpoint)
	if err != nil {
		fail("no connection to %s: %v; is that node up?", endpoint, err)
	}
	return client
}

func report(figures map[string]interface{}) {
	text, err := json.Marshal(figures)
	if err != nil {
		fail("the figures can't be written: %v", err)
	}
	fmt.Println(string(text))
}

func main() {
	if len(os.Args) < 2 {
		fail("which verb? fill, load, put or await")
	}
	o := parse(os.Args[2:])
	switch os.Args[1] {
	case "fill":
		fill(o)
	case "load":
		runLoad(o)
	case "put":
		putOne(o)
	case "await":
		await(o)
	default:
		fail("there is no verb %q; there are fill, load, put and await", os.Args[1])
	}
}
