-- The thirty questions of docs/how-to/trace-questions.md as they are obviously asked of sqlprof's tables, in their order. What is created here has
-- the columns of its tables and views, no rows: that a query there is one is what DuckDB says.
CREATE TABLE g_transitions (
  g BIGINT, from_state TEXT, to_state TEXT, reason TEXT, duration_ns BIGINT, end_time_ns BIGINT, stack_id UBIGINT, src_stack_id UBIGINT, src_g BIGINT
);
CREATE TABLE p_transitions (p BIGINT, from_state TEXT, to_state TEXT, duration_ns BIGINT, end_time_ns BIGINT);
CREATE TABLE stack_samples (type TEXT, src_stack_id UBIGINT, value BIGINT, end_time_ns BIGINT, label_set_id UBIGINT);
CREATE TABLE metrics (end_time_ns BIGINT, name TEXT, value BIGINT);
CREATE TABLE frames (frame_id UBIGINT, function_id UBIGINT, line UBIGINT, inlined BOOL);
CREATE TABLE functions (function_id UBIGINT, name TEXT, file TEXT);
CREATE TABLE goroutines (
  g BIGINT, name TEXT, is_system_goroutine BOOL, running_ns BIGINT, runnable_ns BIGINT, syscall_ns BIGINT, waiting_ns BIGINT, total_ns BIGINT
);
CREATE TABLE procs (p BIGINT, running_ns BIGINT, idle_ns BIGINT, total_ns BIGINT);
CREATE TABLE goroutine_groups (name TEXT, running_ns BIGINT, runnable_ns BIGINT, waiting_ns BIGINT, total_ns BIGINT, count BIGINT);
CREATE MACRO funcs(stack_id) AS ['']; -- Of names.
CREATE MACRO leaf_func(stack_id) AS '';
CREATE MACRO root_func(stack_id) AS '';
CREATE MACRO contains_func(stack_id, name) AS true;
CREATE MACRO labels(label_set_id) AS MAP {'': ''};
CREATE MACRO is_std(function) AS true;
CREATE MACRO rel_time_ns(time_ns) AS 0;

SELECT count(*) FROM goroutines;
SELECT g, name, running_ns FROM goroutines ORDER BY running_ns DESC LIMIT 10;
SELECT * FROM goroutines WHERE name = 'main.receiver';
SELECT is_system_goroutine, sum(running_ns) FROM goroutines GROUP BY 1;
SELECT name, count, waiting_ns FROM goroutine_groups ORDER BY waiting_ns DESC;
SELECT name, runnable_ns / total_ns FROM goroutine_groups ORDER BY 2 DESC;
SELECT p, running_ns / total_ns FROM procs;
SELECT p, end_time_ns, duration_ns FROM p_transitions WHERE from_state = 'idle' AND duration_ns > 1e6;
SELECT from_state, to_state, count(*) FROM g_transitions GROUP BY ALL;
SELECT g, end_time_ns, duration_ns FROM g_transitions WHERE from_state = 'runnable' ORDER BY 3 DESC LIMIT 10;
SELECT reason, count(*), sum(duration_ns) FROM g_transitions WHERE from_state = 'waiting' GROUP BY 1;
SELECT funcs(stack_id), count(*), sum(duration_ns) FROM g_transitions WHERE from_state = 'waiting' GROUP BY 1 ORDER BY 3 DESC;
SELECT src_g, g, count(*) FROM g_transitions WHERE from_state = 'waiting' AND to_state = 'runnable' GROUP BY ALL;
SELECT funcs(src_stack_id), count(*) FROM g_transitions WHERE from_state = 'waiting' GROUP BY 1 ORDER BY 2 DESC;
SELECT leaf_func(src_stack_id), root_func(stack_id), count(*) FROM g_transitions WHERE from_state = 'notexist' GROUP BY ALL;
SELECT leaf_func(src_stack_id), count(*) FROM stack_samples GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
SELECT root_func(src_stack_id), count(*) FROM stack_samples GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
SELECT count(*) FROM stack_samples WHERE contains_func(src_stack_id, 'runtime.');
SELECT is_std(leaf_func(src_stack_id)), count(*) FROM stack_samples GROUP BY 1;
SELECT labels(label_set_id)['endpoint'], sum(value) FROM stack_samples WHERE type = 'cpu/nanoseconds' GROUP BY 1;
SELECT funcs(stack_id), sum(duration_ns) FROM g_transitions WHERE from_state IN ('waiting', 'syscall') GROUP BY 1 ORDER BY 2 DESC;
SELECT end_time_ns // 10000000, max(duration_ns) FROM g_transitions WHERE from_state = 'runnable' GROUP BY 1 ORDER BY 1;
SELECT end_time_ns // 1000000, count(*) FROM g_transitions WHERE from_state = 'notexist' GROUP BY 1 ORDER BY 1;
SELECT * FROM g_transitions WHERE rel_time_ns(end_time_ns) BETWEEN 1e6 AND 2e6;
SELECT * FROM g_transitions WHERE g = 1 ORDER BY end_time_ns;
SELECT name, bool_or(inlined) FROM frames JOIN functions USING (function_id) GROUP BY 1;
SELECT count(*) FILTER (contains_func(src_stack_id, 'runtime.gc')) / count(*) FROM stack_samples;
SELECT end_time_ns, value FROM metrics WHERE name = '/memory/classes/heap/objects:bytes' ORDER BY 1;
SELECT leaf_func(stack_id), count(*), max(duration_ns) FROM g_transitions WHERE from_state = 'syscall' GROUP BY 1;
SELECT quantile_cont(duration_ns, [0.5, 0.99]) FROM g_transitions WHERE from_state = 'running';
