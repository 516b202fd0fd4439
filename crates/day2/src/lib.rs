//! The day2 program: picks the action, lays inputs over arguments, renders the result
