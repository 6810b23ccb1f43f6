"""What a provincial office's node keeps and does beside a bureau's: the courses of its province, figures, acts."""
