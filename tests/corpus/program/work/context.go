package work

import "context"

type backgroundType = context.Context

var backgroundContext = context.Background()
