package work

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"github.com/alicebob/miniredis/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/graphql-go/graphql"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"
)

func routes(round int) (any, error) {
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.RealIP, middleware.Recoverer, middleware.Compress(5))
	for i := 0; i < 60; i++ {
		r.Route(fmt.Sprintf("/v%d/items", i), func(r chi.Router) {
			r.Get("/{id}", func(w http.ResponseWriter, req *http.Request) {
				json.NewEncoder(w).Encode(map[string]any{"id": chi.URLParam(req, "id"), "round": round})
			})
			r.With(middleware.NoCache).Post("/{id:[0-9]+}/tags", func(w http.ResponseWriter, req *http.Request) {})
		})
	}
	return served(r, "/v3/items/17"), nil
}

func echoServer(round int) (any, error) {
	e := echo.New()
	e.Use(echomiddleware.RequestID(), echomiddleware.Recover(), echomiddleware.Gzip(), echomiddleware.Secure())
	for i := 0; i < 60; i++ {
		g := e.Group(fmt.Sprintf("/v%d", i))
		g.GET("/things/:id", func(c echo.Context) error {
			return c.JSON(http.StatusOK, map[string]any{"id": c.Param("id"), "round": round})
		})
		g.POST("/things", func(c echo.Context) error { return c.String(http.StatusCreated, "made") })
	}
	return served(e, "/v3/things/17"), nil
}

// served keeps the handler, requests and answers.
func served(h http.Handler, path string) any {
	kept := []any{h}
	for i := 0; i < 40; i++ {
		req := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		req.Header.Set("X-Request", fmt.Sprint(i))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		kept = append(kept, req, rec)
	}
	return kept
}

func pages(round int) (any, error) {
	html := strings.Repeat(fmt.Sprintf(`<div class="c"><p id=x>text %d <a href="/a?b=c">link</a></p><ul><li>one<li>two</ul></div>`, round), 60)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader("<html><body>" + html + "</body></html>"))
	if err != nil {
		return nil, err
	}
	texts := doc.Find("div.c > p a[href]").Map(func(i int, s *goquery.Selection) string { return fmt.Sprint(i, s.Text()) })
	return []any{doc, texts, doc.Find("li:nth-child(2)").Parent().Clone()}, nil
}

func graph(round int) (any, error) {
	thing := graphql.NewObject(graphql.ObjectConfig{Name: "Thing", Fields: graphql.Fields{
		"id":   &graphql.Field{Type: graphql.Int},
		"name": &graphql.Field{Type: graphql.String, Resolve: func(p graphql.ResolveParams) (any, error) { return fmt.Sprint(p.Source), nil }},
	}})
	query := graphql.NewObject(graphql.ObjectConfig{Name: "Query", Fields: graphql.Fields{
		"things": &graphql.Field{
			Type: graphql.NewList(thing),
			Args: graphql.FieldConfigArgument{"n": &graphql.ArgumentConfig{Type: graphql.Int}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				var out []map[string]any
				for i := 0; i < p.Args["n"].(int); i++ {
					out = append(out, map[string]any{"id": i * round})
				}
				return out, nil
			},
		},
	}})
	schema, err := graphql.NewSchema(graphql.SchemaConfig{Query: query})
	if err != nil {
		return nil, err
	}
	result := graphql.Do(graphql.Params{Schema: schema, RequestString: `query Q { things(n: 30) { id name } }`})
	if len(result.Errors) > 0 {
		return nil, result.Errors[0]
	}
	return []any{schema, result}, nil
}

func remote(round int) (any, error) {
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	service := health.NewServer()
	healthpb.RegisterHealthServer(server, service)
	go server.Serve(listener)
	conn, err := grpc.NewClient("passthrough:///corpus",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	client := healthpb.NewHealthClient(conn)
	var answers []*healthpb.HealthCheckResponse
	for i := 0; i < 30; i++ {
		name := fmt.Sprintf("service %d of %d", i, round)
		service.SetServingStatus(name, healthpb.HealthCheckResponse_SERVING)
		a, err := client.Check(context.Background(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	return []any{server, conn, answers}, nil
}

func redisServer(round int) (any, error) {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return nil, err
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), PoolSize: 2})
	ctx := context.Background()
	var kept []any
	for i := 0; i < 40; i++ {
		key := fmt.Sprintf("k%d:%d", round, i)
		if err := client.Set(ctx, key, i, 0).Err(); err != nil {
			return nil, err
		}
		client.HSet(ctx, "h", key, "v", "n", i)
		client.ZAdd(ctx, "z", redis.Z{Score: float64(i), Member: key})
		client.SAdd(ctx, "s", key, i)
		kept = append(kept, client.HGetAll(ctx, "h"), client.Get(ctx, key))
	}
	members, err := client.ZRangeWithScores(ctx, "z", 0, -1).Result()
	return []any{server, client, kept, members}, err
}
