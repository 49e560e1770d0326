"""The filter language: ss's grammar with the usual precedence, compiled to operations over columns."""
