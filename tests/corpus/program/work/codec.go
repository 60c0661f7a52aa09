package work

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"math/big"
	"net"
	"regexp"
	"strings"
	"sync"
	texttemplate "text/template"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/xuri/excelize/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"
)

func sheets(round int) (any, error) {
	f := excelize.NewFile()
	style, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	for row := 1; row <= 60; row++ {
		for col := 1; col <= 6; col++ {
			cell, _ := excelize.CoordinatesToCellName(col, row)
			var v any = row * col
			if col%2 == 0 {
				v = fmt.Sprintf("text %d", row*round)
			}
			if err := f.SetCellValue("Sheet1", cell, v); err != nil {
				return nil, err
			}
		}
	}
	if err := f.SetCellStyle("Sheet1", "A1", "C1", style); err != nil {
		return nil, err
	}
	buffer, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	again, err := excelize.OpenReader(bytes.NewReader(buffer.Bytes()))
	if err != nil {
		return nil, err
	}
	rows, err := again.GetRows("Sheet1")
	return []any{f, again, rows}, err
}

func packets(round int) (any, error) {
	var kept []any
	for i := 0; i < 200; i++ {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.IPv4(10, 0, byte(round), byte(i)), DstIP: net.IPv4(10, 0, 0, 1)}
		udp := &layers.UDP{SrcPort: layers.UDPPort(i + 1), DstPort: 53}
		udp.SetNetworkLayerForChecksum(ip)
		dns := &layers.DNS{ID: uint16(i), QR: true, Questions: []layers.DNSQuestion{{Name: []byte(fmt.Sprintf("host%d.example", i)), Type: layers.DNSTypeA, Class: layers.DNSClassIN}}}
		buffer := gopacket.NewSerializeBuffer()
		eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{1, 2, 3, 4, 5, 6}, DstMAC: net.HardwareAddr{6, 5, 4, 3, 2, 1}, EthernetType: layers.EthernetTypeIPv4}
		if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, udp, dns); err != nil {
			return nil, err
		}
		packet := gopacket.NewPacket(buffer.Bytes(), layers.LayerTypeEthernet, gopacket.Default)
		kept = append(kept, packet, packet.NetworkLayer().NetworkFlow())
	}
	return kept, nil
}

func messages(round int) (any, error) {
	type message struct {
		ID    int
		Name  string
		Tags  []string
		Extra map[string]any
		Next  *message
	}
	var kept []any
	for i := 0; i < 120; i++ {
		in := &message{i, fmt.Sprint("m", round), []string{"a", "b"}, map[string]any{"x": i, "y": []int{1, 2}, "z": 2.5}, &message{ID: i}}
		b, err := msgpack.Marshal(in)
		if err != nil {
			return nil, err
		}
		var out message
		var loose any
		if err := msgpack.Unmarshal(b, &out); err != nil {
			return nil, err
		}
		if err := msgpack.Unmarshal(b, &loose); err != nil {
			return nil, err
		}
		kept = append(kept, b, &out, loose)
	}
	return kept, nil
}

func descriptors(round int) (any, error) {
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String(fmt.Sprintf("corpus%d.proto", round)), Syntax: proto.String("proto3"), Package: proto.String("corpus"),
	}
	for i := 0; i < 15; i++ {
		message := &descriptorpb.DescriptorProto{Name: proto.String(fmt.Sprintf("M%d", i))}
		for j := int32(1); j <= 5; j++ {
			message.Field = append(message.Field, &descriptorpb.FieldDescriptorProto{
				Name: proto.String(fmt.Sprintf("f%d", j)), Number: proto.Int32(j),
				Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(),
			})
		}
		file.MessageType = append(file.MessageType, message)
	}
	built, err := protodesc.NewFile(file, nil)
	if err != nil {
		return nil, err
	}
	kept := []any{file, built}
	for i := 0; i < 40; i++ {
		m := dynamicpb.NewMessage(built.Messages().Get(i % 15))
		s, err := structpb.NewStruct(map[string]any{"a": i, "l": []any{1.5, "x", true, nil}, "o": map[string]any{"k": "v"}})
		if err != nil {
			return nil, err
		}
		wire, err := proto.Marshal(s)
		if err != nil {
			return nil, err
		}
		again := &structpb.Struct{}
		if err := proto.Unmarshal(wire, again); err != nil {
			return nil, err
		}
		text, err := protojson.Marshal(again)
		if err != nil {
			return nil, err
		}
		kept = append(kept, m, proto.Clone(s), wire, again, text)
	}
	return kept, nil
}

// wasm compiles and runs a module of one function: (a, b) -> a + b.
func wasm(round int) (any, error) {
	code := []byte("\x00asm\x01\x00\x00\x00\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\x00\x07\x07\x01\x03add\x00\x00\x0a\x09\x01\x07\x00\x20\x00\x20\x01\x6a\x0b")
	ctx := backgroundContext
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	_, err := runtime.NewHostModuleBuilder("env").NewFunctionBuilder().
		WithFunc(func(ctx backgroundType, m api.Module, x uint32) uint32 { return x + uint32(round) }).Export("f").Instantiate(ctx)
	if err != nil {
		return nil, err
	}
	kept := []any{runtime}
	for i := 0; i < 10; i++ {
		module, err := runtime.InstantiateWithConfig(ctx, code, wazero.NewModuleConfig().WithName(fmt.Sprint("m", i)))
		if err != nil {
			return nil, err
		}
		sum, err := module.ExportedFunction("add").Call(ctx, uint64(i), 2)
		if err != nil {
			return nil, err
		}
		kept = append(kept, module, sum)
	}
	return kept, nil
}

type xmlThing struct {
	XMLName xml.Name `xml:"thing"`
	ID      int      `xml:"id,attr"`
	Items   []string `xml:"items>item"`
}

// standard is the standard library's own share.
func standard(round int) (any, error) {
	var kept []any
	page := template.Must(template.New("page").Parse(`{{define "row"}}<td>{{.}}</td>{{end}}<table>{{range $i, $x := .}}<tr class="c{{$i}}">{{template "row" $x}}</tr>{{else}}none{{end}}</table>`))
	plain := texttemplate.Must(texttemplate.New("plain").Funcs(texttemplate.FuncMap{"up": strings.ToUpper}).Parse(`{{with .}}{{range .}}{{. | up | printf "%q"}}{{end}}{{end}}`))
	for i := 0; i < 20; i++ {
		var a, b bytes.Buffer
		if err := page.Execute(&a, []string{"x", fmt.Sprint(i)}); err != nil {
			return nil, err
		}
		if err := plain.Execute(&b, []string{"x", "y"}); err != nil {
			return nil, err
		}
		kept = append(kept, &a, &b)
	}
	for i := 0; i < 60; i++ {
		text, err := json.Marshal(map[string]any{"a": i, "b": []string{"c"}, "d": map[string]float64{"e": 1.5}})
		if err != nil {
			return nil, err
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			return nil, err
		}
		x, err := xml.Marshal(xmlThing{ID: i, Items: []string{"p", "q"}})
		if err != nil {
			return nil, err
		}
		var thing xmlThing
		if err := xml.Unmarshal(x, &thing); err != nil {
			return nil, err
		}
		var out bytes.Buffer
		if err := gob.NewEncoder(&out).Encode(map[string]int{"a": i}); err != nil {
			return nil, err
		}
		if err := binary.Write(&out, binary.LittleEndian, []uint32{uint32(i), 2}); err != nil {
			return nil, err
		}
		kept = append(kept, text, v, x, thing, &out)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", strings.Replace("package x\n"+strings.Repeat("func f() (int, error) { for i := range []int{1,2} { _ = map[string]int{\"a\": i} }; return 1, nil }\n", 40), "f()", "main()", 1), parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var names []*ast.Ident
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names = append(names, id)
		}
		return true
	})
	kept = append(kept, fset, file, names)
	for i := 0; i < 20; i++ {
		re, err := regexp.Compile(fmt.Sprintf(`(?i)^(a|b)*x{%d,%d}\s+([0-9a-f]+)$`, i%5, i%5+3))
		if err != nil {
			return nil, err
		}
		n := new(big.Int).Exp(big.NewInt(int64(i+3)), big.NewInt(500), nil)
		m := &sync.Map{}
		for j := 0; j < 30; j++ {
			m.Store(j*round, fmt.Sprint(j))
		}
		kept = append(kept, re, re.FindStringSubmatch("aabxxxx  12ff"), n, n.String(), m, strings.Fields("a b c d"), strings.Split("a,b,c", ","))
	}
	return kept, nil
}
