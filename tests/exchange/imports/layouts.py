"""The headings of each layout of documents, as its vendor writes them, and the profile that reads it."""

HEADINGS = {
    "qbo-invoices": [
        (
            "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),"
            "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,Service Date"
        ),
        (
            "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),"
            "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,*ItemTaxCode,ItemTaxAmount,Currency,"
            "Service Date"
        ),
        (
            "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),"
            "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,Item Tax Amount,*Item Tax Code,Currency"
        ),
        (
            "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),"
            "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,Taxable,TaxRate,Service Date"
        ),
        (
            "Invoice number,Customer,Invoice date,Due date,Terms,Service Date,Item (Product/Service),"
            "Item Description,Item Quantity,Item Rate,Item Amount,Item tax code,Memo"
        ),
    ],
    "qbo-invoice-list": [
        "Date,Transaction type,Num,Name,Memo/Description,Due date,Amount,Open balance"
    ],
    "xero-invoices": [
        (
            "*ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,"
            "POCity,PORegion,POPostalCode,POCountry,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,"
            "Total,InventoryItemCode,*Description,*Quantity,*UnitAmount,Discount,*AccountCode,*TaxType,"
            "TaxAmount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,"
            "BrandingTheme"
        ),
        (
            "ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,"
            "POCity,PORegion,POPostalCode,POCountry,SAAddressLine1,SAAddressLine2,SAAddressLine3,"
            "SAAddressLine4,SACity,SARegion,SAPostalCode,SACountry,InvoiceNumber,Reference,InvoiceDate,"
            "DueDate,PlannedDate,Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,InventoryItemCode,"
            "Description,Quantity,UnitAmount,Discount,LineAmount,AccountCode,TaxType,TaxAmount,"
            "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,Type,Sent,Status"
        ),
    ],
    "freshbooks-invoice-details": [
        (
            "Client Name,Invoice #,Date Issued,Invoice Status,Date Paid,Item Name,Item Description,"
            "Rate,Quantity,Discount Percentage,Line Subtotal,Tax 1 Type,Tax 1 Amount,Tax 2 Type,"
            "Tax 2 Amount,Line Total,Currency"
        )
    ],
    "zoho-invoices": [
        (
            "Invoice Date,Invoice ID,Invoice Number,Estimate Number,Invoice Status,Customer Name,"
            "Company Name,Customer ID,Branch ID,Branch Name,Due Date,Expected Payment Date,"
            "PurchaseOrder,Template Name,Currency Code,Exchange Rate,Discount Type,"
            "Is Discount Before Tax,Entity Discount Percent,Entity Discount Amount,Item Name,Item Desc,"
            "Quantity,Usage unit,Item Price,Discount,Discount Amount,Expense Reference ID,Project ID,"
            "Project Name,Item Total,SubTotal,Total,Balance,Shipping Charge,Adjustment,"
            "Adjustment Description,Round Off,Sales person,Payment Terms,Payment Terms Label,"
            "Last Payment Date,Notes,Terms & Conditions,Subject,Billing Address,Billing City,"
            "Billing State,Billing Country,Billing Code,Billing Fax,Billing Phone,Shipping Address"
        ),
        "Invoice Number,Invoice Date,Customer Name,Item Name,Quantity,Item Price",
    ],
    "shopify-orders": [
        (
            "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,"
            "Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,"
            "Lineitem price,Lineitem sku,Lineitem taxable,Billing Name,Billing Company,Billing Zip,"
            "Billing Country,Refunded Amount,Outstanding Balance,Id,Tax 1 Name,Tax 1 Value"
        )
    ],
    "sage-quick-entries": [
        (
            "Type,Customer Reference,Date,Customer name,Reference,Ledger Account,Details,Net amount,"
            "VAT rate,VAT amount"
        )
    ],
    "sage50-audit-trail": [
        (
            "Type,Account Reference,Nominal A/C Ref,Department Code,Date,Reference,Details,Net Amount,"
            "Tax Code,Tax Amount,Exchange Rate,Extra Reference,User Name"
        )
    ],
    "wave-transactions": [
        (
            "Transaction ID,Transaction Date,Account Name,Transaction Description,"
            "Transaction Line Description,Amount (One column), ,"
            "Debit Amount (Two Column Approach),Credit Amount (Two Column Approach),"
            "Other Accounts for this Transaction,Customer,Vendor,Invoice Number,Bill Number,"
            "Notes / Memo,Amount Before Sales Tax,Sales Tax Amount,Sales Tax Name,"
            "Transaction Date Added,Transaction Date Last Modified,Account Group,Account Type,Account ID"
        )
    ],
    "online-retail": [
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    ],
    "lines-in-a-cell": [
        (
            "DocumentDate,DocumentNumber,Name,DocumentStatus,Discount,DiscountType,Items,CurrencyCode,"
            "TotalAmount,BalanceDueAmount,SubtotalAmount,TotalTaxAmount"
        )
    ],
    "one-row-net": [
        "Invoice no,Date,Customer,Net,Tax,Total,Due date",
        "Number,Date,Customer,Net",
    ],
    "one-row-total": ["Invoice number,Invoice date,Customer name,Total,Currency,Balance due"],
}
# What we write for a product, and the profile that reads it.
OURS = {
    "native-documents": "native",
    "qbo-invoices-us": "qbo-invoices",
    "qbo-invoices-intl": "qbo-invoices",
    "xero-invoices": "xero-invoices",
    "zoho-invoices": "zoho-invoices",
    "sage-quick-entries": "sage-quick-entries",
    "sage50-audit-trail": "sage50-audit-trail",
}
# Of the same headings as another: chosen by who knows that its amounts hold the tax.
NOT_PROPOSED = {"qbo-invoices-with-tax", "xero-invoices-with-tax"}
